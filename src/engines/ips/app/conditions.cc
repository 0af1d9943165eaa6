#include "engines/ips/app/conditions.h"

#include <vector>

#include "engines/ips/app/dcerpc_session.h"
#include "engines/ips/app/enip.h"
#include "engines/ips/app/ftp.h"
#include "engines/ips/app/krb5.h"
#include "engines/ips/app/ssh.h"
#include "engines/ips/app/tls.h"

namespace warder::ips::app {

namespace {

// One span per protocol that has such keywords.
const std::vector<std::span<const ConditionRow>>& tables() {
  static const std::vector<std::span<const ConditionRow>> kTables = {
      tls_conditions(), ssh_conditions(), dcerpc_conditions(), ftp_conditions(), krb5_conditions(), enip_conditions(),
  };
  return kTables;
}

}  // namespace

std::span<const std::span<const ConditionRow>> condition_tables() noexcept {
  return tables();
}

const ConditionRow* find_condition(std::string_view keyword) noexcept {
  for (const auto table : condition_tables()) {
    for (const auto& row : table) {
      if (row.keyword == keyword || (!row.alias.empty() && row.alias == keyword)) return &row;
    }
  }
  return nullptr;
}

}  // namespace warder::ips::app
