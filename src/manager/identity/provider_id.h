// The name of an identity provider, for who needs no more of it.
#pragma once

#include "base/ids.h"

namespace warder::manager {

using IdentityProviderId = Id<struct IdentityProviderTag>;

}  // namespace warder::manager
