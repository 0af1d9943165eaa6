#include "manager/identity/passwords.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/random.h"
#include "base/text.h"

namespace warder::manager {

namespace {

constexpr std::size_t kMinBytes = 12;
constexpr std::size_t kMaxBytes = 1024;
constexpr std::string_view kUpper = "ABCDEFGHJKLMNPQRSTUVWXYZ";
constexpr std::string_view kLower = "abcdefghijkmnopqrstuvwxyz";
constexpr std::string_view kDigits = "23456789";

bool has_any(std::string_view text, std::string_view set) {
  return text.find_first_of(set) != std::string_view::npos;
}

struct Slot {
  std::counting_semaphore<64>& slots;
  bool is_taken;
  Slot(std::counting_semaphore<64>& semaphore, std::chrono::milliseconds patience)
      : slots(semaphore), is_taken(semaphore.try_acquire_for(patience)) {}
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  ~Slot() {
    if (is_taken) slots.release();
  }
};

tl::unexpected<Error> busy() {
  return fail(ErrorCode::Unavailable, "too many people log in at this moment; try again");
}

}  // namespace

Result<void> check_password_rules(std::string_view password, std::string_view username, std::string_view pointer) {
  const auto refuse = [&](std::string_view why) {
    return fail(ErrorCode::Invalid, std::string(pointer) + ": " + std::string(why));
  };
  if (password.size() < kMinBytes || password.size() > kMaxBytes) return refuse("a password has 12 to 1024 characters");
  if (!is_utf8(password)) return refuse("not valid UTF-8");
  // Scripts without case satisfy both: a Japanese passphrase need not borrow Latin letters.
  const bool has_other_script =
      std::ranges::any_of(password, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  const bool has_upper = has_other_script || has_any(password, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  const bool has_lower = has_other_script || has_any(password, "abcdefghijklmnopqrstuvwxyz");
  if (!has_upper || !has_lower || !has_any(password, "0123456789")) {
    return refuse("a password has upper and lower case letters and digits");
  }
  if (equals_ignoring_case(password, username)) return refuse("the password is the user's name");
  return {};
}

std::string make_password() {
  const std::string all = std::string(kUpper).append(kLower).append(kDigits);
  for (;;) {
    std::string password;
    while (password.size() < 20) {
      std::array<std::uint8_t, 1> byte{};
      fill_random(byte);
      const std::size_t index = byte[0] & 63U;  // an index past the end is drawn again, so that all are equally likely
      if (index < all.size()) password.push_back(all[index]);
    }
    if (has_any(password, kUpper) && has_any(password, kLower) && has_any(password, kDigits)) return password;
  }
}

Passwords::Passwords(int at_once, std::chrono::milliseconds patience, crypto::PasswordCost cost)
    : slots_(at_once), patience_(patience), cost_(cost), decoy_(crypto::hash_password(make_password(), {}, cost)) {}

Result<std::string> Passwords::hash(std::string_view password, std::string_view pepper) {
  const Slot slot(slots_, patience_);
  if (!slot.is_taken) return busy();
  return crypto::hash_password(password, pepper, cost_);
}

Result<bool> Passwords::is_match(std::string_view password, std::string_view hash, std::string_view pepper) {
  const Slot slot(slots_, patience_);
  if (!slot.is_taken) return busy();
  const bool matches = crypto::is_password(password, hash.empty() ? std::string_view(decoy_) : hash, pepper);
  return matches && !hash.empty();
}

}  // namespace warder::manager
