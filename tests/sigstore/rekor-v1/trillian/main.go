// Command trillian is the log server and the sequencer of Trillian in one process and in memory: what a Rekor v1 needs
// below it, without a database. All of it is forgotten when the process ends.
package main

import (
	"context"
	"flag"
	"log"
	"net"
	"time"

	"github.com/google/trillian"
	"github.com/google/trillian/extension"
	sequencer "github.com/google/trillian/log"
	"github.com/google/trillian/monitoring"
	"github.com/google/trillian/quota"
	"github.com/google/trillian/server"
	"github.com/google/trillian/server/admin"
	"github.com/google/trillian/server/interceptor"
	"github.com/google/trillian/storage/memory"
	"github.com/google/trillian/util/clock"
	"github.com/google/trillian/util/election2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
)

func main() {
	address := flag.String("address", "", "host:port to listen on")
	flag.Parse()

	metrics := monitoring.InertMetricFactory{}
	trees := memory.NewTreeStorage()
	registry := extension.Registry{
		AdminStorage:    memory.NewAdminStorage(trees),
		LogStorage:      memory.NewLogStorage(trees, metrics),
		ElectionFactory: election2.NoopFactory{},
		QuotaManager:    quota.Noop(),
		MetricFactory:   metrics,
	}
	sequencer.InitMetrics(metrics)
	// Entries are integrated soon, as whoever submits one waits for it.
	operations := sequencer.OperationInfo{
		Registry: registry, TimeSource: clock.System, BatchSize: 64, NumWorkers: 1, RunInterval: 100 * time.Millisecond,
	}
	manager := sequencer.NewSequencerManager(registry, 0)
	go sequencer.NewOperationManager(operations, manager).OperationLoop(context.Background())

	rpc := grpc.NewServer(grpc.UnaryInterceptor(interceptor.ErrorWrapper))
	trillian.RegisterTrillianAdminServer(rpc, admin.New(registry, nil))
	trillian.RegisterTrillianLogServer(rpc, server.NewTrillianLogRPCServer(registry, clock.System))
	grpc_health_v1.RegisterHealthServer(rpc, health.NewServer())
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(rpc.Serve(listener))
}
