#include "manager/directory/directory_text.h"

#include <fmt/format.h>
#include <ldap.h>
#include <openldap.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"
#include "base/text.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMaxFilterBytes = 8192;

void append_escaped(std::string& out, char c) {
  out += fmt::format("\\{:02x}", static_cast<unsigned char>(c));
}

bool is_plain_in_dn(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
}

/// Calls `literal` with each run between placeholders, `placeholder` with each name.
template <class Literal, class Placeholder>
void walk_template(std::string_view text, Literal literal, Placeholder placeholder) {
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    const std::size_t close = open == std::string_view::npos ? open : text.find('}', open);
    if (close == std::string_view::npos) break;
    literal(text.substr(0, open));
    placeholder(text.substr(open + 1, close - open - 1));
    text.remove_prefix(close + 1);
  }
  literal(text);
}

}  // namespace

std::string escape_filter_value(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7f || c == '*' || c == '(' || c == ')' || c == '\\') {
      append_escaped(out, c);
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string escape_dn_value(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (const char c : value) {
    if (is_plain_in_dn(c)) {
      out.push_back(c);
    } else {
      append_escaped(out, c);
    }
  }
  return out;
}

Result<std::string> fill_filter(std::string_view filter_template, const std::vector<TemplateValue>& values) {
  std::string out;
  std::string unknown;
  walk_template(
      filter_template, [&](std::string_view literal) { out += literal; },
      [&](std::string_view name) {
        const auto found = std::ranges::find(values, name, &TemplateValue::name);
        if (found == values.end()) {
          unknown = name;
        } else {
          out += escape_filter_value(found->value);
        }
      });
  if (!unknown.empty()) return fail(ErrorCode::Invalid, fmt::format("there is no {{{}}} for this filter", unknown));
  return out;
}

std::string widen_filter(std::string_view filter_template) {
  std::string out;
  walk_template(
      filter_template, [&](std::string_view literal) { out += literal; }, [&](std::string_view) { out += '*'; });
  return out;
}

Result<void> check_filter(std::string_view filter) {
  const std::string text(filter);
  if (text.size() > kMaxFilterBytes) return fail(ErrorCode::Invalid, "the filter is too long");
  if (!text.starts_with('(') || text.find('\0') != std::string::npos)
    return fail(ErrorCode::Invalid, "not a filter (RFC 4515): it begins with \"(\"");
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return fail_errno("socketpair", errno);
  const UniqueFd nobody(ends[0]);
  LDAP* ld = nullptr;
  if (ldap_init_fd(ends[1], LDAP_PROTO_TCP, "ldap://nobody", &ld) != LDAP_SUCCESS)
    return fail(ErrorCode::Internal, "libldap does not take a socket");
  int id = 0;
  const int code =
      ldap_search_ext(ld, "", LDAP_SCOPE_BASE, text.c_str(), nullptr, 0, nullptr, nullptr, nullptr, 1, &id);
  ldap_unbind_ext(ld, nullptr, nullptr);
  if (code != LDAP_SUCCESS) return fail(ErrorCode::Invalid, "not a filter (RFC 4515)");
  return {};
}

Result<std::string> normal_dn(std::string_view dn) {
  const std::string text(dn);
  LDAPDN parts = nullptr;
  if (text.find('\0') != std::string::npos || trim(text).empty() ||
      ldap_str2dn(text.c_str(), &parts, LDAP_DN_FORMAT_LDAPV3) != LDAP_SUCCESS || parts == nullptr) {
    return fail(ErrorCode::Invalid, "not a distinguished name (RFC 4514)");
  }
  char* written = nullptr;
  const int code = ldap_dn2str(parts, &written, LDAP_DN_FORMAT_LDAPV3);
  ldap_dnfree(parts);
  if (code != LDAP_SUCCESS || written == nullptr)
    return fail(ErrorCode::Invalid, "not a distinguished name (RFC 4514)");
  std::string normal = to_lower_ascii(written);
  ldap_memfree(written);
  return normal;
}

std::optional<std::string> guid_text(std::string_view bytes) {
  if (bytes.size() != 16) return std::nullopt;
  // The first three parts are little-endian.
  constexpr std::size_t kOrder[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  std::string out;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out.push_back('-');
    out += fmt::format("{:02x}", static_cast<unsigned char>(bytes[kOrder[i]]));
  }
  return out;
}

std::optional<std::string> sibling_sid(std::string_view sid, std::uint32_t relative) {
  if (sid.size() < 12 || sid[0] != 1) return std::nullopt;
  const auto parts = static_cast<unsigned char>(sid[1]);
  if (parts == 0 || parts > 15 || sid.size() != 8U + 4U * parts) return std::nullopt;
  std::string out(sid.substr(0, sid.size() - 4));
  for (unsigned i = 0; i < 4; ++i) out.push_back(static_cast<char>(relative >> (8 * i) & 0xff));
  return out;
}

}  // namespace warder::manager
