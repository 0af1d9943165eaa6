#include "manager/trust/tenant_notice.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace warder::manager {
namespace {

/// module/field -> what the notice says of it.
std::string treatment_of(const json::object& notice, std::string_view module, std::string_view field) {
  for (const json::value& each : notice.at("modules").as_array()) {
    if (each.at("module").as_string() != module) continue;
    for (const json::value& row : each.at("fields").as_array())
      if (row.at("field").as_string() == field && row.as_object().contains("treatment"))
        return std::string(row.at("treatment").as_string());
  }
  return "(none)";
}

TEST(TenantNotice, SaysWhatWasChosen) {
  const CollectionRules rules = CollectionRules::create({{"ips", "source.ip", Treatment::Pseudonym},
                                                         {"integrity", "command-lines", Treatment::Off}})
                                    .value();
  const EventRetention retention{std::chrono::days{365}, {{ModuleKind::Ips, std::chrono::days{30}}}};
  const json::object notice = tenant_notice(make_notice({}, {}), rules, retention);
  EXPECT_EQ(treatment_of(notice, "ips", "source.ip"), "pseudonym");
  EXPECT_EQ(treatment_of(notice, "firewall", "source.ip"), "keep");
  EXPECT_EQ(treatment_of(notice, "integrity", "process.command_line"), "off");
  EXPECT_EQ(treatment_of(notice, "manager", "user.name"), "keep");
  for (const json::value& module : notice.at("modules").as_array()) {
    const bool is_ips = module.at("module").as_string() == "ips";
    if (module.as_object().contains("kept_days")) {
      EXPECT_EQ(module.at("kept_days").as_int64(), is_ips ? 30 : 365);
    }
  }
  EXPECT_EQ(notice.at("choices").as_array().size(), 4U);
}

TEST(TenantNotice, EachModuleOfTheRulesIsOneOfTheNotice) {
  const CollectionRules rules = CollectionRules::create({{"all", "identifier", Treatment::Off}}).value();
  const json::object notice = tenant_notice(make_notice({}, {}), rules, {});
  for (const std::string_view module : {"anti-malware", "firewall", "ips", "integrity", "log-inspection"}) {
    bool is_there = false;
    for (const json::value& each : notice.at("modules").as_array()) is_there |= each.at("module").as_string() == module;
    EXPECT_TRUE(is_there) << module;
  }
}

}  // namespace
}  // namespace warder::manager
