#include "manager/identity/passwords.h"

#include <algorithm>
#include <array>

#include "base/random.h"
#include "manager/passwords/unicode.h"

namespace warder::manager {

namespace {

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
  return crypto::hash_password(nfkc(password), pepper, cost_);
}

Result<bool> Passwords::is_match(std::string_view password, std::string_view hash, std::string_view pepper) {
  const Slot slot(slots_, patience_);
  if (!slot.is_taken) return busy();
  const bool matches = crypto::is_password(nfkc(password), hash.empty() ? std::string_view(decoy_) : hash, pepper);
  return matches && !hash.empty();
}

}  // namespace warder::manager
