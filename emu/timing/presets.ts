// The timing model's presets, as TOML with a comment for the source of each number. "Chosen" means
// that nobody publishes it, or that it stands for much that the model does not have. A cycle is the
// core's clock; the guest's timebase goes on at a tenth of it, whatever the model's clock would be.

/** What a file that leaves something out gets. */
export const DEFAULT_PRESET = "embedded";

const EMBEDDED = `
name = "embedded"
description = "in-order cores with one shared L2 and one memory"
source = "SiFive FE310-G000 manual, 3.3 (the five-stage pipeline of the 5 series); else chosen"

[core]             # cycles in all of an instruction that misses nothing; all others take 1
load_cycles = 2    # FE310-G000 manual: LW has a two-cycle result latency
store_cycles = 1   # chosen: nothing waits for a store that hits
multiply_cycles = 5        # FE310-G000 manual: MUL has a 5-cycle result latency
divide_cycles = 20         # FE310-G000 manual: 2 to 33, by the operands; chosen between
branch_taken_cycles = 2    # the manual has 1 predicted and 4 mispredicted; chosen between
csr_cycles = 3     # FE310-G000 manual: CSR reads have a three-cycle result latency
fence_cycles = 4   # chosen
sfence_cycles = 8  # chosen
atomic_cycles = 6  # chosen
trap_entry_cycles = 5      # chosen: the pipeline is emptied and filled again
trap_return_cycles = 5     # chosen, as above

[l1i]
bytes = 32768      # as the L1 caches of the FU540's application cores
ways = 8

[l1d]
bytes = 32768      # as above
ways = 8

[l2]
bytes = 1048576    # chosen
ways = 16
cycles = 18        # chosen
occupancy_cycles = 2       # chosen: half of a line a cycle

[cache]
replacement = "lru"        # "lru" or "tree-plru"

[tlb]
itlb_entries = 32  # chosen
dtlb_entries = 32  # chosen
walk_cycles = 4    # chosen; what the page table's entries cost comes on top

[coherence]
intervention_cycles = 12   # chosen: another core's L1 is asked for the line
invalidation_cycles = 10   # chosen: other L1s give it up

[memory]
cycles = 80        # chosen: a DRAM behind one controller, at a clock of about 1 GHz
directory_cycles = 10      # chosen; with one node nothing asks it
occupancy_cycles = 16      # chosen: 64 bytes at 4 bytes a cycle
placement = "contiguous"   # "contiguous" or "interleaved", by pages

[interconnect]
hop_cycles = 0     # one node has none
occupancy_cycles = 0
shape = "full"     # "full", "ring", "mesh", "hypercube"; or distances = [[0, 1], [1, 0]]

[topology]
nodes = 1          # 1 to 32; hart i of H is in node floor(i * nodes / H)

[device]
cycles = 40        # chosen: an uncached access over the peripheral bus

[contention]
window_cycles = 256        # 0: none; else 16 to 4096, in which resources are given out
`;

const SERVER = `
name = "server"
description = "two sockets, each with a shared last-level cache and memory of its own"
source = "Molka et al., PACT 2009 (two Xeon X5570, 2.93 GHz), in the core's cycles; else chosen"

[core]             # an out-of-order core hides most of these; the model is in order
load_cycles = 2    # chosen: the L1 has 4, and about half is hidden
store_cycles = 1   # chosen: a store buffer hides it
multiply_cycles = 3        # chosen
divide_cycles = 20         # chosen
branch_taken_cycles = 2    # chosen
csr_cycles = 10    # chosen: such instructions wait for all before them
fence_cycles = 20  # chosen, as above
sfence_cycles = 100        # chosen
atomic_cycles = 20 # chosen
trap_entry_cycles = 50     # chosen
trap_return_cycles = 50    # chosen

[l1i]
bytes = 32768      # as the paper's processor
ways = 8           # chosen; the processor has 4

[l1d]
bytes = 32768      # as the paper's processor
ways = 8

[l2]               # stands for the paper's L2 and L3: the cache that a socket shares
bytes = 1048576    # smaller than a real one, as the guests are; chosen
ways = 16
cycles = 36        # the paper's L3: 38 cycles from load to use, 2 of them in load_cycles
occupancy_cycles = 2       # chosen

[cache]
replacement = "tree-plru"  # chosen

[tlb]
itlb_entries = 64  # chosen
dtlb_entries = 64  # chosen
walk_cycles = 6    # chosen

[coherence]
intervention_cycles = 45   # the paper: 28.3 ns (83 cycles) where another core has changed the line
invalidation_cycles = 40   # chosen, near the one above

[memory]
cycles = 153       # the paper: 65 ns (191 cycles) to local memory, less the 38 to the L3
directory_cycles = 60      # chosen: what the home needs to answer without its DRAM
occupancy_cycles = 8       # chosen: about 24 GB/s at 3 GHz
placement = "contiguous"

[interconnect]
hop_cycles = 60    # the paper: 106 ns (311 cycles) to the other socket's memory, 2 x 60 more
occupancy_cycles = 16      # chosen: 72 bytes at 12.8 GB/s, QPI's rate in one direction
shape = "full"

[topology]
nodes = 2          # the paper's machine has two sockets

[device]
cycles = 300       # chosen: an uncached access to the chipset

[contention]
window_cycles = 256        # chosen
`;

const CCNUMA = `
name = "ccnuma-512"
description = "a directory machine for 512 harts: 32 nodes in a hypercube"
source = "Laudon and Lenoski, The SGI Origin, ISCA 1997 (R10000, 195 MHz), rounded; else chosen"

[core]             # the R10000 is out of order; the model is in order
load_cycles = 2    # chosen
store_cycles = 1   # chosen
multiply_cycles = 6        # chosen
divide_cycles = 35         # chosen
branch_taken_cycles = 2    # chosen
csr_cycles = 4     # chosen
fence_cycles = 8   # chosen
sfence_cycles = 16 # chosen
atomic_cycles = 8  # chosen
trap_entry_cycles = 10     # chosen
trap_return_cycles = 10    # chosen

[l1i]
bytes = 32768      # the R10000's size, with its 2 ways made 8
ways = 8

[l1d]
bytes = 32768      # as above
ways = 8

[l2]               # an Origin's processors have one each; here a node's 16 harts share it
bytes = 1048576
ways = 16
cycles = 10        # the paper: about 56 ns (11 cycles) to the second-level cache
occupancy_cycles = 4       # chosen

[cache]
replacement = "lru"        # chosen

[tlb]
itlb_entries = 64  # the R10000's one TLB has 64 entries, of two pages each
dtlb_entries = 64
walk_cycles = 8    # chosen: an R10000 fills it by software, which this machine does not

[coherence]
intervention_cycles = 20   # chosen
invalidation_cycles = 20   # chosen

[memory]
cycles = 50        # the paper: about 310 ns (60 cycles) to local memory, less the 10 to the L2
directory_cycles = 25      # chosen: half of it
occupancy_cycles = 16      # the paper: 780 MB/s a node, 64 bytes in 82 ns
placement = "interleaved"  # chosen: so that all nodes carry the small guests

[interconnect]
hop_cycles = 10    # the paper: about 100 ns (20 cycles) more for each router, there and back
occupancy_cycles = 18      # the paper: 780 MB/s a link and direction, 72 bytes in 92 ns
shape = "hypercube"

[topology]
nodes = 32         # of 16 harts, with 512 harts

[device]
cycles = 100       # chosen

[contention]
window_cycles = 512        # chosen
`;

export const PRESETS: Readonly<Record<string, string>> = {
  embedded: EMBEDDED.trimStart(),
  server: SERVER.trimStart(),
  "ccnuma-512": CCNUMA.trimStart(),
};
