#include "engines/ips/variables.h"

#include <optional>

#include "base/text.h"

namespace warder::ips {

namespace {

constexpr int kMaxDepth = 16;

/// The members of "[a,b,[c,d]]" without the outer brackets; nothing when brackets do not pair.
std::optional<std::vector<std::string_view>> members(std::string_view list) {
  list = list.substr(1, list.size() - 2);
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t from = 0;
  for (std::size_t i = 0; i <= list.size(); ++i) {
    const char c = i < list.size() ? list[i] : ',';
    if (c == '[') ++depth;
    if (c == ']' && --depth < 0) return std::nullopt;
    if (c == ',' && (depth == 0 || i == list.size())) {
      if (depth != 0) return std::nullopt;
      parts.push_back(trim(list.substr(from, i - from)));
      from = i + 1;
    }
  }
  return parts;
}

template <class Set>
class Expander {
 public:
  explicit Expander(const Variables& variables) : variables_(variables) {}

  Result<Set> expand(std::string_view text, int depth = 0) {
    text = trim(text);
    if (depth > kMaxDepth) return fail(ErrorCode::Invalid, "variables or lists are nested too deep");
    if (text.empty()) return fail(ErrorCode::Invalid, "an empty address or port");
    if (text.front() == '!') {
      const auto inner = WD_TRY(expand(text.substr(1), depth + 1));
      if (inner.is_any()) return fail(ErrorCode::Invalid, "\"!any\" can never match");
      return inner.complement();
    }
    if (text == "any" || text == "ANY") return Set::any();
    if (text.front() == '$') return variable(text.substr(1), depth);
    if (text.front() == '[') return list(text, depth);
    return Set::parse(text);
  }

 private:
  Result<Set> variable(std::string_view name, int depth) {
    const auto* const value = variables_.find(name);
    if (value == nullptr) return fail(ErrorCode::Invalid, "variable $" + std::string(name) + " is not set");
    return expand(*value, depth + 1).in("$" + std::string(name));
  }

  Result<Set> list(std::string_view text, int depth) {
    if (text.size() < 2 || text.back() != ']') return fail(ErrorCode::Invalid, "a list without \"]\"");
    const auto parts = members(text);
    if (!parts) return fail(ErrorCode::Invalid, "brackets do not pair");
    Set wanted;
    Set unwanted;
    bool has_wanted = false;
    for (const auto part : *parts) {
      if (!part.empty() && part.front() == '!') {
        unwanted.add(WD_TRY(expand(part.substr(1), depth + 1)));
      } else {
        wanted.add(WD_TRY(expand(part, depth + 1)));
        has_wanted = true;
      }
    }
    if (!has_wanted) wanted = Set::any();
    wanted.remove(unwanted);
    if (wanted.is_empty())
      return fail(ErrorCode::Invalid, "list " + std::string(text) + " excludes all of its members");
    return wanted;
  }

  const Variables& variables_;
};

}  // namespace

Variables Variables::defaults() {
  Variables all;
  all.set("HOME_NET", "[192.168.0.0/16,10.0.0.0/8,172.16.0.0/12]");
  all.set("EXTERNAL_NET", "!$HOME_NET");
  for (const char* name : {"HTTP_SERVERS", "SMTP_SERVERS", "SQL_SERVERS", "DNS_SERVERS", "TELNET_SERVERS", "DC_SERVERS",
                           "DNP3_SERVER", "DNP3_CLIENT", "MODBUS_CLIENT", "MODBUS_SERVER", "ENIP_CLIENT", "ENIP_SERVER",
                           "SSH_SERVERS", "FTP_SERVERS", "SIP_SERVERS"}) {
    all.set(name, "$HOME_NET");
  }
  all.set("AIM_SERVERS", "$EXTERNAL_NET");
  all.set("HTTP_PORTS", "80");
  all.set("SHELLCODE_PORTS", "!80");
  all.set("ORACLE_PORTS", "1521");
  all.set("SSH_PORTS", "22");
  all.set("DNP3_PORTS", "20000");
  all.set("MODBUS_PORTS", "502");
  all.set("FILE_DATA_PORTS", "[$HTTP_PORTS,110,143]");
  all.set("FTP_PORTS", "21");
  all.set("GENEVE_PORTS", "6081");
  all.set("VXLAN_PORTS", "4789");
  all.set("TEREDO_PORTS", "3544");
  all.set("SIP_PORTS", "[5060,5061]");
  all.set("MAIL_PORTS", "[110,143]");
  return all;
}

void Variables::set(std::string name, std::string value) {
  values_[std::move(name)] = std::move(value);
}

const std::string* Variables::find(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

Result<AddressSet> Variables::addresses(std::string_view text) const {
  return Expander<AddressSet>(*this).expand(text);
}

Result<PortSet> Variables::ports(std::string_view text) const {
  return Expander<PortSet>(*this).expand(text);
}

}  // namespace warder::ips
