// The firewall's one variable: where it is.
#include "shared/firewall.h"

volatile u32 *firewall_base;

void firewall_attach(bool present) {
  firewall_base = present ? (volatile u32 *)(DEVICE_LOW + FIREWALL_BASE) : NULL;
}
