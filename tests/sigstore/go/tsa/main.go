// Command tsa serves Sigstore's timestamp authority on loopback.
//
// The authority's own command also listens on every address at :2112, for metrics, and ends where that is taken. This one
// listens on the port that it is told alone, so that several run side by side.
package main

import (
	"flag"
	"log"
	"time"

	"github.com/go-chi/chi/v5/middleware"
	logger "github.com/sigstore/timestamp-authority/v2/pkg/log"
	"github.com/sigstore/timestamp-authority/v2/pkg/server"
	"github.com/spf13/viper"
)

// Sigstore's own policy, which its clients expect.
const policy = "1.3.6.1.4.1.57264.2"

func main() {
	port := flag.Int("port", 0, "port on 127.0.0.1")
	key := flag.String("key", "", "signing key, PKCS#8 in PEM")
	chain := flag.String("chain", "", "its certificates, leaf first, PEM")
	flag.Parse()

	logger.ConfigureLogger("prod")
	// What the command's flags would have set.
	settings := map[string]any{
		"accepted-policy-oids":        []string{policy},
		"certificate-chain-path":      *chain,
		"default-policy-oid":          policy,
		"enforce-intermediate-eku":    true,
		"file-signer-key-path":        *key,
		"http-request-id-header-name": middleware.RequestIDHeader,
		"max-request-body-size":       1 << 20,
		"timestamp-signer":            "file",
		"timestamp-signer-hash":       "sha256",
	}
	for name, value := range settings {
		viper.Set(name, value)
	}
	api := server.NewRestAPIServer("127.0.0.1", *port, []string{"http"}, false, 30*time.Second, 30*time.Second)
	log.Fatal(api.Serve())
}
