// Counts the blocks that a process allocates, for `switchboard bench calls`. Preloaded; never part of the product.
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_memalign(size_t, size_t);

static atomic_uint_fast64_t blocks;

uint64_t switchboard_bench_allocations(void) { return atomic_load(&blocks); }

void *malloc(size_t size) {
  atomic_fetch_add_explicit(&blocks, 1, memory_order_relaxed);
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  atomic_fetch_add_explicit(&blocks, 1, memory_order_relaxed);
  return __libc_calloc(count, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  atomic_fetch_add_explicit(&blocks, 1, memory_order_relaxed);
  return __libc_memalign(alignment, size);
}
