// gopacket (github.com/google/gopacket) through its DecodingLayerParser, the fastest of its ways: layers made once and
// decoded in place. It checks versions, lengths and bounds as vethlab does, except that it believes an IPv4 header
// whatever its version, and that a capture cut short is no error: those two are checked here. Speaks as worker.ts does.
package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sort"
	"strings"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

type corpus struct {
	buffer         []byte
	offset, length []int32
}

func load(path string) corpus {
	file, err := os.ReadFile(path)
	if err != nil || len(file) < 16 || binary.LittleEndian.Uint32(file) != 0x43424c56 {
		fmt.Fprintf(os.Stderr, "%s is not a corpus\n", path)
		os.Exit(2)
	}
	count := int(binary.LittleEndian.Uint32(file[4:]))
	c := corpus{offset: make([]int32, count), length: make([]int32, count), buffer: file[16+8*count:]}
	for i := 0; i < count; i++ {
		c.offset[i] = int32(binary.LittleEndian.Uint32(file[16+4*i:]))
		c.length[i] = int32(binary.LittleEndian.Uint32(file[16+4*(count+i):]))
	}
	return c
}

func combine(sums []uint32) int32 {
	var all uint32
	for _, sum := range sums {
		all = all*31 + sum
	}
	return int32(all)
}

func macSums(mac []byte) (uint32, uint32) {
	return uint32(binary.BigEndian.Uint16(mac)), binary.BigEndian.Uint32(mac[2:])
}

func parseArp(c corpus) func() int32 {
	var ethernet layers.Ethernet
	var arp layers.ARP
	parser := gopacket.NewDecodingLayerParser(layers.LayerTypeEthernet, &ethernet, &arp)
	parser.IgnoreUnsupported = true
	decoded := make([]gopacket.LayerType, 0, 4)
	return func() int32 {
		var sums [7]uint32
		for i, off := range c.offset {
			err := parser.DecodeLayers(c.buffer[off:off+c.length[i]], &decoded)
			if err != nil || len(decoded) != 2 || parser.Truncated {
				continue
			}
			if arp.AddrType != layers.LinkTypeEthernet || arp.Protocol != layers.EthernetTypeIPv4 {
				continue
			}
			if arp.HwAddressSize != 6 || arp.ProtAddressSize != 4 {
				continue
			}
			sums[0] += uint32(arp.Operation)
			high, low := macSums(arp.SourceHwAddress)
			sums[1] += high
			sums[2] += low
			sums[3] += binary.BigEndian.Uint32(arp.SourceProtAddress)
			high, low = macSums(arp.DstHwAddress)
			sums[4] += high
			sums[5] += low
			sums[6] += binary.BigEndian.Uint32(arp.DstProtAddress)
		}
		return combine(sums[:])
	}
}

// parseEcho reads echoes behind exactly `tags` VLAN tags, or behind any number of them and ARP as well (-1).
func parseEcho(c corpus, tags int) func() int32 {
	var ethernet layers.Ethernet
	var tag layers.Dot1Q
	var ip layers.IPv4
	var icmp layers.ICMPv4
	parser := gopacket.NewDecodingLayerParser(layers.LayerTypeEthernet, &ethernet, &tag, &ip, &icmp)
	parser.IgnoreUnsupported = true
	decoded := make([]gopacket.LayerType, 0, 8)
	return func() int32 {
		var sums [9]uint32
		for i, off := range c.offset {
			err := parser.DecodeLayers(c.buffer[off:off+c.length[i]], &decoded)
			if err != nil || parser.Truncated || len(decoded) != 3+tags || decoded[len(decoded)-1] != layers.LayerTypeICMPv4 {
				continue
			}
			if ip.Version != 4 || ip.Flags&layers.IPv4MoreFragments != 0 || ip.FragOffset != 0 {
				continue
			}
			kind := icmp.TypeCode.Type()
			if kind != layers.ICMPv4TypeEchoRequest && kind != layers.ICMPv4TypeEchoReply {
				continue
			}
			sums[0] += binary.BigEndian.Uint32(ip.SrcIP)
			sums[1] += binary.BigEndian.Uint32(ip.DstIP)
			sums[2] += uint32(ip.TTL)
			sums[3] += uint32(kind)
			sums[4] += uint32(icmp.TypeCode.Code())
			sums[5] += uint32(icmp.Id)
			sums[6] += uint32(icmp.Seq)
			sums[7] += uint32(len(icmp.Payload))
			if tags == 1 {
				sums[8] += uint32(tag.VLANIdentifier)
			}
		}
		return combine(sums[:8+tags])
	}
}

// measure gives the mean nanoseconds of one operation over at least `limit`, as bench.h does.
func measure(pass func() int32, count int, limit time.Duration, expected int32) float64 {
	samples := []float64{}
	batch := 1
	for total := time.Duration(0); total < limit; {
		start := time.Now()
		for i := 0; i < batch; i++ {
			if value := pass(); value != expected {
				fmt.Fprintf(os.Stderr, "a pass gave %d, the first gave %d\n", value, expected)
				os.Exit(2)
			}
		}
		elapsed := time.Since(start)
		if elapsed < limit/40 {
			batch *= 2
			continue
		}
		samples = append(samples, float64(elapsed.Nanoseconds())/float64(batch*count))
		total += elapsed
	}
	sort.Float64s(samples)
	if len(samples) > 12 {
		samples = samples[2 : len(samples)-2]
	}
	sum := 0.0
	for _, sample := range samples {
		sum += sample
	}
	return sum / float64(len(samples))
}

func memory(pass func() int32, count int) string {
	var before, after runtime.MemStats
	passes := 1 + 1000000/count
	runtime.ReadMemStats(&before)
	for i := 0; i < passes; i++ {
		pass()
	}
	runtime.ReadMemStats(&after)
	operations := float64(passes * count)
	bytes := float64(after.TotalAlloc-before.TotalAlloc) / operations
	collections := float64(after.NumGC-before.NumGC) / operations * 1e6
	return fmt.Sprintf(`{"bytes":%.2f,"collections":%.2f}`, bytes, collections)
}

// version of gopacket: the build gives it with -X, since Debian's packages carry no module information.
var version = "unknown"

func main() {
	if len(os.Args) != 3 {
		os.Exit(2)
	}
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(100)
	works := map[string]func(corpus) func() int32{
		"parse/arp":  parseArp,
		"parse/icmp": func(c corpus) func() int32 { return parseEcho(c, 0) },
		"parse/vlan": func(c corpus) func() int32 { return parseEcho(c, 1) },
	}
	prepare := works[os.Args[1]]
	if prepare == nil {
		fmt.Printf("{\"absent\":\"gopacket does not do %s\"}\n", os.Args[1])
		return
	}
	c := load(os.Args[2])
	pass := prepare(c)
	count := len(c.offset)
	first := pass()
	fmt.Printf("{\"version\":\"%s, %s\"}\n", version, runtime.Version())
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		command, argument, _ := strings.Cut(lines.Text(), " ")
		var limit time.Duration
		fmt.Sscan(argument, (*int64)(&limit))
		switch command {
		case "check":
			fmt.Printf("{\"value\":%d}\n", first)
		case "warm":
			measure(pass, count, limit, first)
			fmt.Println("{}")
		case "round":
			fmt.Printf("{\"value\":%.5f}\n", measure(pass, count, limit, first))
		case "memory":
			fmt.Println(memory(pass, count))
		default:
			fmt.Println("{}")
		}
	}
}
