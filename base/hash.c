#include "base/hash.h"
#include <sys/random.h>
#include <time.h>

struct hash_seed hash_seed_random(void)
{
	struct hash_seed seed;
	if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed)) {
		struct timespec now;
		clock_gettime(CLOCK_MONOTONIC, &now);
		seed.a = (uint64_t)now.tv_nsec ^ (uint64_t)(uintptr_t)&seed;
		seed.b = (uint64_t)now.tv_sec * 0xD6E8FEB86659FD93u;
	}
	seed.b |= 1;
	return seed;
}
