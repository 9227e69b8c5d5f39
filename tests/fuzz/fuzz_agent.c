/* Whatever an agent says, what is left are ids of the closed lists, and a crawler is nothing else
 * besides. */
#include <assert.h>
#include "aggregate/veil/agent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct agent agent;
	agent_classify(slice_make((const char *)data, size), &agent);
	assert(agent.browser < agent_browsers() && agent_browser_name(agent.browser));
	assert(agent.os < agent_systems() && agent_os_name(agent.os));
	assert(agent.device < DEVICE__COUNT && agent.version <= 999);
	assert(agent.crawler < agent_crawlers() && agent.crawler_class < CRAWLER__COUNT);
	assert((agent.crawler == 0) == (agent.crawler_class == CRAWLER_NONE));
	if (agent.crawler)
		assert(!agent.browser && !agent.os && !agent.device && !agent.version);
	return 0;
}
