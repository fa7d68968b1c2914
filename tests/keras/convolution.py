# A convolutional network with dropout on 8x8 digits.
import keras
import numpy as np
from keras import layers

table = np.loadtxt("digits.csv", delimiter=",", skiprows=1)
images = table[:, :64].reshape(-1, 8, 8, 1) / 16
labels = table[:, 64]

inputs = keras.Input(shape=(8, 8, 1))
x = layers.Conv2D(8, 3, activation="relu")(inputs)
x = layers.Conv2D(16, 3, activation="relu")(x)
x = layers.MaxPooling2D(2)(x)
x = layers.Flatten()(x)
x = layers.Dropout(0.5)(x)
outputs = layers.Dense(10, activation="softmax")(x)

model = keras.Model(inputs, outputs)
model.compile(
    optimizer=keras.optimizers.Adam(learning_rate=3e-3),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
model.fit(images, labels, batch_size=8, epochs=10, validation_split=0.2)
