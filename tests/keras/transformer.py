# One encoder block reads a digit as a sentence of eight rows of pixels and says which it is.
import keras
import numpy as np
from keras import layers

table = np.loadtxt("digits.csv", delimiter=",", skiprows=1)
images = table[:, :64].reshape(-1, 8, 8) / 16
labels = table[:, 64]

inputs = keras.Input(shape=(8, 8))
x = layers.Dense(24)(inputs)
x = x + layers.Embedding(8, 24)(np.arange(8))
attention = layers.MultiHeadAttention(num_heads=2, key_dim=8, use_bias=False)(x, x)
x = layers.LayerNormalization(epsilon=1e-5)(x + attention)
hidden = layers.Dense(48, activation="relu")(x)
hidden = layers.Dense(24)(hidden)
x = layers.LayerNormalization(epsilon=1e-5)(x + hidden)
x = layers.GlobalAveragePooling1D()(x)
outputs = layers.Dense(10, activation="softmax")(x)

model = keras.Model(inputs, outputs)
model.compile(
    optimizer=keras.optimizers.Adam(learning_rate=2e-3),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
model.fit(images, labels, batch_size=8, epochs=8, validation_split=0.2)
