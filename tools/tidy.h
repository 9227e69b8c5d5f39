/* Read before each file by the lint's analyzer, which cannot look into another file: these return -1 always. */
#include "base/error.h"
#define error_set(...)    (error_set(__VA_ARGS__), -1)
#define error_errno(...)  (error_errno(__VA_ARGS__), -1)
#define error_prefix(...) (error_prefix(__VA_ARGS__), -1)
