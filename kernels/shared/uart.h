// The 16550 UART, register by register, polled or by interrupt. No state of its own, so either
// kernel drives the device as the other left it. Source: NS16550A data sheet, section 8.
#ifndef SHARED_UART_H
#define SHARED_UART_H
#include "shared/types.h"

#define UART_RBR 0 // receive
#define UART_THR 0 // transmit
#define UART_IER 1
#define UART_FCR 2
#define UART_LSR 5
#define UART_IER_RECEIVE 1
#define UART_LSR_DATA 0x01
#define UART_LSR_EMPTY 0x20

static inline volatile u8 *uart_register(u32 n) { return (volatile u8 *)(DEVICE_PERIPHERALS + n); }

static inline void uart_put(char c) {
  while (!(*uart_register(UART_LSR) & UART_LSR_EMPTY)) {
  }
  *uart_register(UART_THR) = (u8)c;
}
// The next received byte, or -1.
static inline int uart_get(void) {
  return *uart_register(UART_LSR) & UART_LSR_DATA ? *uart_register(UART_RBR) : -1;
}
static inline void uart_enable_receive(void) { *uart_register(UART_IER) = UART_IER_RECEIVE; }
#endif
