// The UART (NS16550A) as a console without interrupts, and the finisher that ends the machine. A
// kernel may drive the same UART; the firmware therefore leaves its interrupt enables alone.
#include "abi/machine.h"
#include "firmware/firmware.h"

#define UART_DATA 0
#define UART_FIFO_CONTROL 2
#define UART_LINE_CONTROL 3
#define UART_LINE_STATUS 5
#define FIFO_ENABLE 1
#define LINE_8N1 3
#define STATUS_DATA_READY 0x01
#define STATUS_TRANSMIT_EMPTY 0x20

static volatile uint8_t *uart(uint32_t offset) {
  return (volatile uint8_t *)(UART_BASE + offset);
}

void console_start(void) {
  *uart(UART_LINE_CONTROL) = LINE_8N1;
  *uart(UART_FIFO_CONTROL) = FIFO_ENABLE;
}

void console_write(uint8_t byte) {
  while (!(*uart(UART_LINE_STATUS) & STATUS_TRANSMIT_EMPTY)) {
  }
  *uart(UART_DATA) = byte;
}

// The next byte, or -1 when there is none yet.
int console_read(void) {
  return *uart(UART_LINE_STATUS) & STATUS_DATA_READY ? *uart(UART_DATA) : -1;
}

void console_text(const char *text) {
  while (*text) console_write((uint8_t)*text++);
}

void console_hex(uint32_t value) {
  for (int shift = 28; shift >= 0; shift -= 4)
    console_write((uint8_t)"0123456789abcdef"[value >> shift & 15]);
}

// One store to the finisher ends the run.
void machine_end(uint32_t finisher_value) {
  *reg32(FINISHER_BASE) = finisher_value;
  for (;;) __asm__ volatile("wfi");
}
