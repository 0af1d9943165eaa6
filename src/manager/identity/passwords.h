// Hashing and checking of passwords, a few at a time: argon2id takes 19 MiB and tens of milliseconds each.
#pragma once

#include <atomic>
#include <chrono>
#include <semaphore>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/password.h"

namespace warder::manager {

/// 20 characters of both cases and digits, about 116 bits.
std::string make_password();

/// Passwords count in NFKC: however they were typed, full or half width. Thread-safe.
class Passwords {
 public:
  explicit Passwords(int at_once = 4, std::chrono::milliseconds patience = std::chrono::seconds(5),
                     crypto::PasswordCost cost = {}, int most_waiting = 2);

  /// Unavailable, at once, when so many others wait already that the server's threads are needed elsewhere.
  Result<std::string> hash(std::string_view password, std::string_view pepper);
  /// With an empty `hash` (no such user) it takes as long as with one and is false.
  Result<bool> is_match(std::string_view password, std::string_view hash, std::string_view pepper);
  [[nodiscard]] bool is_outdated(std::string_view hash) const { return crypto::needs_rehash(hash, cost_); }

 private:
  class Slot;

  std::counting_semaphore<64> slots_;
  std::atomic<int> waiting_ = 0;
  int most_waiting_;
  std::chrono::milliseconds patience_;
  crypto::PasswordCost cost_;
  std::string decoy_;
};

}  // namespace warder::manager
