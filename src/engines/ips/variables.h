// The variables of rule files ($HOME_NET, $HTTP_PORTS) and the address and port lists that use them.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engines/ips/address_set.h"

namespace warder::ips {

class Variables {
 public:
  /// Those of Suricata's default configuration, and the few more that Snort's community rules use.
  static Variables defaults();

  void set(std::string name, std::string value);
  [[nodiscard]] const std::string* find(std::string_view name) const;

  /// `any`, `$NAME`, `!x`, `[a,b,!c]` nested; Invalid names what is wrong: an unknown variable, a list without members
  /// left, variables that go in circles.
  [[nodiscard]] Result<AddressSet> addresses(std::string_view text) const;
  [[nodiscard]] Result<PortSet> ports(std::string_view text) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace warder::ips
