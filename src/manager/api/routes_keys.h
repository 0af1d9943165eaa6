// Keys: which there are, and rotating them.
#pragma once

#include "manager/api/router.h"
#include "manager/identity/key_operations.h"

namespace warder::manager {

void add_key_routes(Routes& routes, KeyOperations& keys, const Tenants& tenants);

}  // namespace warder::manager
