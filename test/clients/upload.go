// Calls the API as Go programs do, and prints what they get, as JSON: go run upload.go ORIGIN PATH
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

type created struct {
	Id     string
	Tokens struct{ Write string }
}

type result struct {
	Status int `json:"status"`
	Data   any `json:"data"`
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func send(method, url, token string, body io.Reader, headers ...string) (int, []byte) {
	request, err := http.NewRequest(method, url, body)
	check(err)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	check(err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	check(err)
	return response.StatusCode, content
}

func resultOf(status int, content []byte) result {
	parsed := result{Status: status}
	check(json.Unmarshal(content, &parsed.Data))
	return parsed
}

func create(origin, path string) (string, string) {
	info, err := os.Stat(path)
	check(err)
	body, err := json.Marshal(map[string]any{
		"files": []map[string]any{{"name": filepath.Base(path), "size": info.Size()}},
	})
	check(err)
	_, content := send("POST", origin+"/v1/batches", "", bytes.NewReader(body))
	var batch created
	check(json.Unmarshal(content, &batch))
	return origin + "/v1/batches/" + batch.Id, batch.Tokens.Write
}

func form(path string) (io.Reader, string) {
	reader, writer := io.Pipe()
	parts := multipart.NewWriter(writer)
	go func() {
		part, err := parts.CreateFormFile("0", filepath.Base(path))
		check(err)
		file, err := os.Open(path)
		check(err)
		_, err = io.Copy(part, file)
		check(err)
		check(parts.Close())
		check(writer.Close())
	}()
	return reader, parts.FormDataContentType()
}

func main() {
	origin, path := os.Args[1], os.Args[2]
	content, err := os.ReadFile(path)
	check(err)
	open := func() io.Reader {
		file, err := os.Open(path)
		check(err)
		return file
	}
	bodies := map[string]func() io.Reader{
		"os.File":        open,
		"bytes.Reader":   func() io.Reader { return bytes.NewReader(content) },
		"strings.Reader": func() io.Reader { return strings.NewReader(string(content)) },
		"io.Reader":      func() io.Reader { return io.MultiReader(open()) },
	}
	puts := map[string]result{}
	for name, body := range bodies {
		batch, token := create(origin, path)
		puts[name] = resultOf(send("PUT", batch+"/files/0", token, body()))
	}

	batch, token := create(origin, path)
	body, kind := form(path)
	bundle := resultOf(send("POST", batch+"/bundle", token, body, "Content-Type", kind))
	body, kind = form(path)
	upload := resultOf(send("POST", origin+"/v1/upload", "", body, "Content-Type", kind))
	status, part := send("GET", batch+"/files/0/content", token, nil, "Range", "bytes=-5")
	check(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"puts":     puts,
		"bundle":   bundle,
		"upload":   upload,
		"download": map[string]any{"status": status, "bytes": len(part)},
		"refusal":  resultOf(send("PUT", batch+"/files/7", token, open())),
	}))
}
