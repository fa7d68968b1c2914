# A long short-term memory reads a digit pixel by pixel, 64 in a row, and says which it was.
import keras
import numpy as np
from keras import layers

table = np.loadtxt("digits.csv", delimiter=",", skiprows=1)
images = table[:, :64].reshape(-1, 64, 1) / 16
labels = table[:, 64]

inputs = keras.Input(shape=(64, 1))
x = layers.LSTM(16)(inputs)
outputs = layers.Dense(10, activation="softmax")(x)

model = keras.Model(inputs, outputs)
model.compile(
    optimizer=keras.optimizers.Adam(learning_rate=3e-3),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
model.fit(images, labels, batch_size=16, epochs=10, validation_split=0.2)
