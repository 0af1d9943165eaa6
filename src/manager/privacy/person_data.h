// What is kept of a person: found by the values that stand for them (names of users, addresses), shown, and erased as
// far as the law allows.
#pragma once

#include <boost/json/fwd.hpp>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "manager/events/event_store.h"
#include "manager/identity/users.h"
#include "manager/tenancy/tenants.h"
#include "model/messages.h"

namespace warder::manager {

struct PersonErasure {
  std::size_t events = 0;    // from which the values were taken out
  std::size_t kept = 0;      // events of the manager itself: the record of who administers
  std::size_t accounts = 0;  // kept: for who manages users
  bool is_complete = true;   // false: there is more, ask again
  std::string sha256;        // over the ids of the events, in their order
};

inline constexpr std::size_t kMostOfAPerson = 20'000;  // events at a time

/// Accounts by name: Users::list.
using UserPages = std::function<Result<UserPage>(const TenantScope&, std::size_t limit, std::string_view cursor)>;

/// Thread-safe.
class PersonData {
 public:
  PersonData(Tenants& tenants, EventStore& events, UserPages users, const Messages& messages)
      : tenants_(tenants), events_(events), users_(std::move(users)), messages_(messages) {}

  /// {"accounts": [...], "events": [...], "complete": bool}: accounts that have a value as name, address or telephone,
  /// and events in which a value, or its pseudonym, is a whole word of a field about people.
  Result<boost::json::object> find(const TenantScope& scope, std::span<const std::string> values);
  /// Takes values and pseudonyms out of the events of agents. Accounts and the manager's own events stay: GDPR Art.
  /// 17(3)(b) and (e).
  Result<PersonErasure> erase(const TenantScope& scope, std::span<const std::string> values);

 private:
  /// With their pseudonyms.
  [[nodiscard]] std::vector<std::string> all_of(const TenantScope& scope, std::span<const std::string> values) const;
  Result<std::vector<User>> accounts(const TenantScope& scope, std::span<const std::string> values);

  Tenants& tenants_;
  EventStore& events_;
  UserPages users_;
  const Messages& messages_;
};

}  // namespace warder::manager
