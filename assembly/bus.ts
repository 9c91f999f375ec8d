// The bus: which device answers a physical address that is not memory, and with which widths.
// A load gives the value, or BUS_FAULT; a store says whether anyone took it. Devices that only
// know words refuse narrower accesses, as on QEMU's virt board.
import {
  CLINT_BASE,
  CLINT_SIZE,
  FINISHER_BASE,
  FINISHER_SIZE,
  FIREWALL_BASE,
  FIREWALL_SIZE,
  LOG_DESK_BASE,
  LOG_DESK_SIZE,
  PLIC_BASE,
  PLIC_SIZE,
  RTC_BASE,
  RTC_SIZE,
  UART_BASE,
  UART_SIZE,
  VIRTIO_BASE,
  VIRTIO_SLOTS,
  VIRTIO_STRIDE,
} from "./abi";
import { loadClint, storeClint } from "./device/clint";
import { loadFinisher, storeFinisher } from "./device/finisher";
import { loadFirewall, storeFirewall } from "./device/firewall";
import { loadDesk, storeDesk } from "./device/log-desk";
import { loadPlic, storePlic } from "./device/plic";
import { loadRtc } from "./device/rtc";
import { loadUart, storeUart } from "./device/uart";
import { loadVirtio, storeVirtio } from "./device/virtio";
import { Hart } from "./hart";
import { machine } from "./layout";

export const BUS_FAULT: i64 = -1;

@inline
function hasFirewall(pa: u32): bool {
  return pa - FIREWALL_BASE < FIREWALL_SIZE && machine().firewall != 0;
}

export function loadDevice(hart: Hart, pa: u32, size: u32): i64 {
  if (pa - UART_BASE < UART_SIZE) return size == 1 ? loadUart(pa & 7) : BUS_FAULT;
  if (pa - VIRTIO_BASE < VIRTIO_SLOTS * VIRTIO_STRIDE) return loadVirtio(pa - VIRTIO_BASE, size);
  if (size != 4) return BUS_FAULT;
  if (pa - CLINT_BASE < CLINT_SIZE) return loadClint(hart, pa - CLINT_BASE);
  if (pa - PLIC_BASE < PLIC_SIZE) return loadPlic(pa - PLIC_BASE);
  if (pa - LOG_DESK_BASE < LOG_DESK_SIZE) return loadDesk(hart, pa - LOG_DESK_BASE);
  if (pa - FINISHER_BASE < FINISHER_SIZE) return loadFinisher();
  if (hasFirewall(pa)) return loadFirewall(pa - FIREWALL_BASE);
  if (pa - RTC_BASE < RTC_SIZE) return loadRtc(hart, pa - RTC_BASE);
  return BUS_FAULT;
}

export function storeDevice(hart: Hart, pa: u32, size: u32, value: u32): bool {
  if (pa - UART_BASE < UART_SIZE) return size == 1 && storeUart(hart, pa & 7, value);
  if (pa - VIRTIO_BASE < VIRTIO_SLOTS * VIRTIO_STRIDE) {
    return storeVirtio(hart, pa - VIRTIO_BASE, size, value);
  }
  if (pa - FINISHER_BASE < FINISHER_SIZE) {
    return size >= 2 && storeFinisher(hart, pa - FINISHER_BASE, value);
  }
  if (size != 4) return false;
  if (pa - CLINT_BASE < CLINT_SIZE) return storeClint(hart, pa - CLINT_BASE, value);
  if (pa - PLIC_BASE < PLIC_SIZE) return storePlic(pa - PLIC_BASE, value);
  if (pa - LOG_DESK_BASE < LOG_DESK_SIZE) return storeDesk(hart, pa - LOG_DESK_BASE, value);
  if (hasFirewall(pa)) return storeFirewall(pa - FIREWALL_BASE, value);
  return pa - RTC_BASE < RTC_SIZE;
}
