// How notices are joined to the rest of the manager: where they may go, and where people are found.
#pragma once

#include <vector>

#include "base/address.h"
#include "manager/installation.h"
#include "manager/notify/channels.h"
#include "manager/notify/rotas.h"

namespace warder::manager {

/// Networks of one's own that may be sent to, notices as well as events.
std::vector<IpPrefix> private_networks(const Config& config);
ChannelRules channel_rules(const Installation& installation);
FindPerson find_person(Installation& installation);

}  // namespace warder::manager
