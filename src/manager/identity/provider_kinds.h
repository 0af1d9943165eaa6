// The kinds of identity providers: where people are known from, other than here. A kind is one file,
// provider_<kind>.cc, and a line in provider_kinds.cc.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"

namespace warder::manager {

/// Whether a provider of this kind has a secret: what the manager shows to it, or it to the manager.
enum class ProviderSecret : std::uint8_t { None, Optional, Required };

struct ProviderKind {
  std::string_view name;  // "oidc"
  std::string_view doc;
  ProviderSecret secret;
  /// People begin at a button of the login page, and come back from the provider's own.
  bool has_login_page;
  /// The settings with everything that was left out at its default. Invalid for a setting that is unknown, missing or
  /// out of range; the message starts with its pointer below the settings ("/issuer: …"). `has_secret`: there will be
  /// one.
  Result<boost::json::object> (*complete)(const boost::json::object& settings, bool has_secret);
  /// Whether a mapping's group is the one that the provider says somebody is in.
  bool (*is_same_group)(std::string_view mapped, std::string_view group);
};

std::span<const ProviderKind* const> provider_kinds() noexcept;
/// nullptr when there is no such kind.
const ProviderKind* find_provider_kind(std::string_view name) noexcept;

/// For kinds whose groups are names: equal byte for byte.
bool is_equal_group(std::string_view mapped, std::string_view group);

extern const ProviderKind kOidcProvider;  // provider_oidc.cc
extern const ProviderKind kLdapProvider;  // provider_ldap.cc
extern const ProviderKind kScimProvider;  // provider_scim.cc

}  // namespace warder::manager
