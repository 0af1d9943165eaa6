// What a tenant wants collected about people, and whose a pseudonym is.
#pragma once

#include "manager/api/router.h"
#include "manager/events/retention.h"
#include "manager/privacy/collection_settings.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

struct PrivacyParts {
  CollectionSettings& collection;
  EventRetentions& retentions;
  const Tenants& tenants;
};
void add_privacy_routes(Routes& routes, const PrivacyParts& parts);

}  // namespace warder::manager
