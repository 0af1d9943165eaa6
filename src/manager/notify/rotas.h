// The rotas of a tenant, and the answer to "who is on call now".
#pragma once

#include <boost/json/fwd.hpp>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/notify/rota.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

/// How to reach somebody. NotFound when there is no such user.
using FindPerson = std::function<Result<NoticePerson>(const TenantScope&, const UserId&)>;

inline constexpr std::size_t kMaxRotas = 50;           // of a tenant
inline constexpr std::size_t kMaxRotaOverrides = 500;  // of a rota; those that are over go first

struct OnCall {
  UserId user;
  NoticeChannelId channel;
};

/// Thread-safe. Every change is an audit entry of the same transaction.
class Rotas {
 public:
  Rotas(Tenants& tenants, AuditLog& audit, const host::Clock& clock, FindPerson find_person)
      : tenants_(tenants), audit_(audit), clock_(clock), find_person_(std::move(find_person)) {}

  /// By name.
  Result<std::vector<Rota>> list(const TenantScope& scope);
  Result<Rota> find(const TenantScope& scope, const RotaId& id);
  /// Id, creation, version and overrides of `draft` do not count. Invalid, with a pointer, for what cannot be one;
  /// Conflict when the name is taken or there are too many.
  Result<Rota> create(const TenantScope& scope, Rota draft);
  Result<Rota> update(const TenantScope& scope, const RotaId& id, std::string_view etag, Rota draft);
  Result<void> remove(const TenantScope& scope, const RotaId& id, std::string_view etag);
  /// Invalid for an empty time, a level that is not there or somebody who is no member.
  Result<RotaOverride> add_override(const TenantScope& scope, const RotaId& id, RotaOverride wanted);
  Result<void> remove_override(const TenantScope& scope, const RotaOverrideId& override);

  /// Who is on call at a level; the last one for a level beyond it.
  Result<OnCall> on_call_at(const TenantScope& scope, const RotaId& id, std::size_t level, Timestamp time);
  /// Who has the skill and is the next to ask; who is on call at the first level when nobody has it, or it is empty.
  Result<OnCall> on_call_with(const TenantScope& scope, const RotaId& id, std::string_view skill, Timestamp time);

 private:
  Result<Rota> find_in(Db& db, const RotaId& id) const;
  Result<void> check(const TenantScope& scope, Db& db, const Rota& rota) const;
  Result<void> record(Db& db, const TenantScope& scope, std::string_view action, const Rota& rota);

  Tenants& tenants_;
  AuditLog& audit_;
  const host::Clock& clock_;
  const FindPerson find_person_;
};

/// What people decide of a rota: zone, first day, handover, channel, members, levels.
boost::json::object rota_plan_to_json(const Rota& rota);
/// Into `rota`; what is absent stays. Invalid with a pointer.
Result<void> read_rota_plan(const boost::json::object& plan, Rota& rota);

/// The tables of config.db.
FeatureSchema rotas_schema();

}  // namespace warder::manager
