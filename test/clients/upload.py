"""Uploads a file by one of several ways, and prints the response: upload.py WAY URL TOKEN PATH"""

import sys
import urllib.request

import requests

way, url, token, path = sys.argv[1:]
headers = {"Authorization": f"Bearer {token}"}


def chunks(file):
    while chunk := file.read(1000):
        yield chunk


def with_urllib(body):
    request = urllib.request.Request(url, data=body, headers=headers, method="PUT")
    with urllib.request.urlopen(request) as response:
        return response.read().decode()


def with_requests(body):
    response = requests.put(url, data=body, headers=headers)
    response.raise_for_status()
    return response.text


with open(path, "rb") as file:
    if way == "requests-file":
        print(with_requests(file))
    elif way == "requests-bytes":
        print(with_requests(file.read()))
    elif way == "requests-generator":
        print(with_requests(chunks(file)))
    elif way == "urllib-file":
        print(with_urllib(file))
    elif way == "urllib-bytes":
        print(with_urllib(file.read()))
    elif way == "urllib-generator":
        print(with_urllib(chunks(file)))
    else:
        sys.exit(f"Unknown way: {way}")
