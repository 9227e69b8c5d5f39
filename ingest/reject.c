#include "ingest/reject.h"

static const struct {
	const char *name;
	const char *reason;
} rejects[REJECT__COUNT] = {
    [REJECT_NONE] = {"none", "the line was understood"},
    [REJECT_TOO_LONG] = {"too_long", "the line is longer than allowed"},
    [REJECT_FORMAT] = {"format", "the line does not have the shape of the format"},
    [REJECT_TIME] = {"time", "the time stamp is missing or impossible"},
    [REJECT_STATUS] = {"status", "the status is not a number from 100 to 999"},
    [REJECT_NUMBER] = {"number", "a size or a duration is not a number"},
    [REJECT_ENVELOPE] = {"envelope",
			 "the envelope around the line (docker, CRI, syslog) is broken"},
    [REJECT_PARTIAL] = {"partial", "the container runtime cut the line into pieces"},
    [REJECT_FUTURE] = {"future", "the time stamp is more than an hour ahead of the clock"},
};

const char *reject_name(enum reject reject)
{
	return (unsigned)reject < REJECT__COUNT ? rejects[reject].name : "unknown";
}

const char *reject_reason(enum reject reject)
{
	return (unsigned)reject < REJECT__COUNT ? rejects[reject].reason : "unknown reason";
}
