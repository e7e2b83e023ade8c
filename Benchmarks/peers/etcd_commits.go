// The load of etcd-commits.sh: so many puts under way, each of 256 bytes, to keys in turn. Built without modules, from Debian's
// golang-etcd-server-dev. Prints one line for each number in flight: see EtcdRun.swift.
package main

import (
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"log"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.etcd.io/etcd/clientv3"
)

var (
	endpoint = flag.String("endpoint", "", "the leader's client URL")
	seconds  = flag.Float64("seconds", 5, "for each measurement")
	pids     = flag.String("pids", "", "processes of the members, with commas")
)

// What the members have used so far: processor seconds, and bytes to the disk.
func usage() (float64, float64) {
	processor, bytes := 0.0, 0.0
	for _, pid := range strings.Split(*pids, ",") {
		stat, err := os.ReadFile("/proc/" + pid + "/stat")
		if err != nil {
			continue
		}
		fields := strings.Fields(string(stat)[strings.LastIndex(string(stat), ")")+1:])
		user, _ := strconv.ParseFloat(fields[11], 64)
		system, _ := strconv.ParseFloat(fields[12], 64)
		processor += (user + system) / 100
		io, _ := os.ReadFile("/proc/" + pid + "/io")
		for _, line := range strings.Split(string(io), "\n") {
			if strings.HasPrefix(line, "write_bytes:") {
				written, _ := strconv.ParseFloat(strings.TrimSpace(line[12:]), 64)
				bytes += written
			}
		}
	}
	return processor, bytes
}

func main() {
	flag.Parse()
	value := strings.Repeat("Z", 256)
	for _, word := range flag.Args() {
		inFlight, err := strconv.Atoi(word)
		if err != nil {
			log.Fatalf("%q is no number in flight", word)
		}
		// gRPC takes turns within a connection: several, as etcd's own benchmark does.
		connections := (inFlight + 31) / 32
		var clients []*clientv3.Client
		for i := 0; i < connections; i++ {
			config := clientv3.Config{Endpoints: []string{*endpoint}, DialTimeout: 5 * time.Second}
			if strings.HasPrefix(*endpoint, "https") {
				// The members sign for themselves (--auto-tls).
				config.TLS = &tls.Config{InsecureSkipVerify: true}
			}
			client, err := clientv3.New(config)
			if err != nil {
				log.Fatal(err)
			}
			clients = append(clients, client)
		}
		run := func(length time.Duration) ([]time.Duration, time.Duration) {
			var group sync.WaitGroup
			samples := make([][]time.Duration, inFlight)
			start := time.Now()
			for caller := 0; caller < inFlight; caller++ {
				group.Add(1)
				go func(caller int) {
					defer group.Done()
					last, turn := time.Now(), caller
					for last.Sub(start) < length {
						key := fmt.Sprintf("n%d", turn%1024)
						if _, err := clients[caller%connections].Put(context.Background(), key, value); err != nil {
							log.Fatal(err)
						}
						now := time.Now()
						samples[caller] = append(samples[caller], now.Sub(last))
						last = now
						turn++
					}
				}(caller)
			}
			group.Wait()
			elapsed := time.Since(start)
			var all []time.Duration
			for _, some := range samples {
				all = append(all, some...)
			}
			sort.Slice(all, func(a, b int) bool { return all[a] < all[b] })
			return all, elapsed
		}
		run(500 * time.Millisecond)
		processor, bytes := usage()
		all, elapsed := run(time.Duration(*seconds * float64(time.Second)))
		processorAfter, bytesAfter := usage()
		count := float64(len(all))
		at := func(share float64) float64 {
			return float64(all[int(share*float64(len(all)-1))].Nanoseconds()) / 1e3
		}
		fmt.Printf("commits %d %.0f %.1f %.1f %.1f %.1f %.0f\n", inFlight, count/elapsed.Seconds(), at(0.5), at(0.99),
			at(0.999), (processorAfter-processor)/count*1e6, (bytesAfter-bytes)/count)
		for _, client := range clients {
			client.Close()
		}
	}
}
