#include "manager/notice_wiring.h"

#include "manager/siem/forwarder.h"

namespace warder::manager {

std::vector<IpPrefix> private_networks(const Config& config) {
  std::vector<IpPrefix> networks;
  for (const std::string& text : config.forward_private_networks) networks.push_back(parse_prefix(text).value());
  return networks;
}

ChannelRules channel_rules(const Installation& installation) {
  ChannelRules rules;
  rules.is_plain_mail_allowed = installation.config.notice_plaintext_on_loopback;
  rules.version = WARDER_VERSION;
  rules.reach_of = [&tenants = *installation.tenants, networks = private_networks(installation.config)](
                       const TenantScope& scope) { return may_reach_of(tenants, scope, networks); };
  return rules;
}

FindPerson find_person(Installation& installation) {
  return [&users = installation.identity.users()](const TenantScope& scope, const UserId& id) -> Result<NoticePerson> {
    const User user = WD_TRY(users.find(scope, id));
    return NoticePerson{user.email.value_or(""), user.locale};
  };
}

}  // namespace warder::manager
