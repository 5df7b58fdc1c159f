"""Uploads files by the calls of the OpenAPI document: openapi.py ORIGIN PATH..."""

import json
import os
import sys
from urllib.parse import urljoin

import requests

origin, *paths = sys.argv[1:]
address = f"{origin}/v1/openapi.json"
document = requests.get(address).json()
server = urljoin(address, document["servers"][0]["url"])
calls = {
    call["operationId"]: (method, path, call)
    for path, methods in document["paths"].items()
    for method, call in methods.items()
}


def send(operation, token=None, body=None, **values):
    method, path, call = calls[operation]
    places = {parameter["name"]: parameter["in"] for parameter in call["parameters"]}
    query = {name: value for name, value in values.items() if places[name] == "query"}
    path = path.format(**{name: value for name, value in values.items() if places[name] == "path"})
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if body is not None:
        headers["Content-Type"] = next(iter(call["requestBody"]["content"]))
        body = json.dumps(body) if headers["Content-Type"] == "application/json" else body
    response = requests.request(method, urljoin(server, path), params=query, data=body, headers=headers)
    assert str(response.status_code) in call["responses"], response.text
    response.raise_for_status()
    return response.json()


files = [{"name": os.path.basename(path), "size": os.path.getsize(path)} for path in paths]
created = send("createBatch", body={"files": files})
batch, write, read = created["id"], created["tokens"]["write"], created["tokens"]["read"]
for number, path in enumerate(paths):
    with open(path, "rb") as file:
        send("putFile", write, file.read(), batch=batch, file=number)
status = {"rev": 0, "state": "active"}
while status["state"] == "active":
    status = send("getBatch", read, batch=batch, since=status["rev"], wait=30)
print(json.dumps(status))
