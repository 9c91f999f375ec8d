// The firewall (abi/machine.h): faults a store to a frame that the ledger gives to another node.
// On a machine without one each of these costs one load and a branch. Whoever starts a hart says
// first for whom it will work, since its first store is already judged; whoever gives frames away
// or adopts them makes that bind with firewall_fence.
#ifndef SHARED_FIREWALL_H
#define SHARED_FIREWALL_H
#include "shared/types.h"

extern volatile u32 *firewall_base; // NULL without a firewall

void firewall_attach(bool present);

// From here on the ledger at this physical address binds; the harts' nodes are set already.
static inline void firewall_enforce(u32 ledger_physical) {
  if (firewall_base) firewall_base[FIREWALL_LEDGER / 4] = ledger_physical;
}
static inline void firewall_assign(u32 hart, u32 node) {
  if (firewall_base) firewall_base[FIREWALL_NODE / 4] = hart << 8 | node;
}
// One page that all may store to: the log page of a relief. 0 ends it.
static inline void firewall_share(u32 physical) {
  if (firewall_base) firewall_base[FIREWALL_SHARED / 4] = physical;
}
static inline void firewall_fence(void) {
  if (firewall_base) firewall_base[FIREWALL_FENCE / 4] = 0;
}
#endif
