// The kinds of thing that have an identity. Each is a type of its own: handing an agent's id to a function that wants a
// tenant's does not compile.
#pragma once

#include "base/ids.h"

namespace warder {

using TenantId = Id<struct TenantTag>;
using AgentId = Id<struct AgentTag>;
using GroupId = Id<struct GroupTag>;
using PolicyId = Id<struct PolicyTag>;
using UserId = Id<struct UserTag>;
using SessionId = Id<struct SessionTag>;
using EventId = Id<struct EventTag>;
using CommandId = Id<struct CommandTag>;
using ApprovalId = Id<struct ApprovalTag>;
using TokenId = Id<struct TokenTag>;

}  // namespace warder
