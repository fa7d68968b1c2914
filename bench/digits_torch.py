"""digits_torch.py CSV EPOCHS - examples/digits.expr as users of PyTorch write it."""
import sys

import torch

numbers = torch.tensor([[float(cell) for cell in line.split(",")] for line in open(sys.argv[1]).readlines()[1:]])
x, label = numbers[:, :64]/16, numbers[:, 64].long()
torch.manual_seed(1)
order = torch.randperm(len(x))
train = order[len(x)//5:]
network = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10))
optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
for epoch in range(int(sys.argv[2])):
    for rows in train[torch.randperm(len(train))].split(32):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(x[rows]), label[rows]).backward()
        optimizer.step()
held_back = order[:len(x)//5]
print(f"accuracy {(network(x[held_back]).argmax(1) == label[held_back]).float().mean():.3f}")
