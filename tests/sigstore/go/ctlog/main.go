// Command ctlog serves one certificate transparency log on loopback, made of TesseraCT's packages.
//
// TesseraCT's own command registers metrics and profiling exporters and asks for an untagged Tessera; a log under test
// needs a folder, a key, the accepted roots and an address.
package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/transparency-dev/tessera"
	files "github.com/transparency-dev/tessera/storage/posix"
	antispam "github.com/transparency-dev/tessera/storage/posix/antispam"
	"github.com/transparency-dev/tesseract"
	"github.com/transparency-dev/tesseract/storage"
	issuers "github.com/transparency-dev/tesseract/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

func main() {
	address := flag.String("address", "", "host:port to listen on")
	folder := flag.String("folder", "", "where the log is kept")
	key := flag.String("key", "", "ECDSA key of the log, PKCS#8 in PEM")
	roots := flag.String("roots", "", "certificates that chains must end in, PEM")
	flag.Parse()
	if err := serve(context.Background(), *address, *folder, *key, *roots); err != nil {
		log.Fatal(err)
	}
}

func serve(ctx context.Context, address, folder, key, roots string) error {
	signer, err := readKey(key)
	if err != nil {
		return err
	}
	chains := tesseract.ChainValidationConfig{RootsPEMFile: roots, ExtKeyUsages: "CodeSigning"}
	handler, err := tesseract.NewLogHandler(ctx, "127.0.0.1", signer, chains,
		func(ctx context.Context, signer note.Signer) (*storage.CTStorage, error) {
			return open(ctx, folder, signer)
		},
		10*time.Second, false, "", tesseract.LogHandlerOpts{DedupRL: -1, MaxCertChainBytes: 1 << 18})
	if err != nil {
		return fmt.Errorf("the log cannot be set up: %w", err)
	}
	server := http.Server{Addr: address, Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	return server.ListenAndServe()
}

// open makes the log in folder, publishing often enough that no test waits for it.
func open(ctx context.Context, folder string, signer note.Signer) (*storage.CTStorage, error) {
	driver, err := files.New(ctx, files.Config{Path: folder})
	if err != nil {
		return nil, err
	}
	seen, err := antispam.NewAntispam(ctx, filepath.Join(folder, ".state", "antispam"), antispam.AntispamOpts{})
	if err != nil {
		return nil, err
	}
	options := tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithCTLayout().
		WithAntispam(1<<10, seen).
		WithBatching(1<<8, 50*time.Millisecond).
		WithCheckpointInterval(500 * time.Millisecond)
	appender, _, reader, err := tessera.NewAppender(ctx, driver, options)
	if err != nil {
		return nil, err
	}
	kept, err := issuers.NewIssuerStorage(ctx, folder)
	if err != nil {
		return nil, err
	}
	return storage.NewCTStorage(ctx,
		&storage.CTStorageOptions{Appender: appender, Reader: reader, IssuerStorage: kept})
}

func readKey(path string) (*ecdsa.PrivateKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New(path + " holds no PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errors.New("the key of a certificate log is ECDSA")
	}
	return ec, nil
}
