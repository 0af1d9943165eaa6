// Password hashing: argon2id (RFC 9106) in the PHC string form.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace warder::crypto {

/// Defaults: OWASP's first recommendation for argon2id.
struct PasswordCost {
  std::uint32_t memory_kib = 19'456;
  std::uint32_t passes = 2;
  std::uint32_t lanes = 1;
};

/// "$argon2id$v=19$m=…,t=…,p=…$salt$hash". `pepper` is argon2's secret input; empty: none. Costs tens of milliseconds.
std::string hash_password(std::string_view password, std::string_view pepper = {}, PasswordCost cost = {});
[[nodiscard]] bool is_password(std::string_view password, std::string_view hash, std::string_view pepper = {});
/// Whether the hash was made with less than `cost` and should be made anew at the next login.
[[nodiscard]] bool needs_rehash(std::string_view hash, PasswordCost cost = {});

}  // namespace warder::crypto
