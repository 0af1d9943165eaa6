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

/// A place among those that hash at the same time.
class Passwords::Slot {
 public:
  explicit Slot(Passwords& passwords) : passwords_(passwords), is_taken_(passwords.slots_.try_acquire()) {
    if (is_taken_) return;
    if (passwords_.waiting_.fetch_add(1) < passwords_.most_waiting_)
      is_taken_ = passwords_.slots_.try_acquire_for(passwords_.patience_);
    passwords_.waiting_.fetch_sub(1);
  }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  ~Slot() {
    if (is_taken_) passwords_.slots_.release();
  }
  [[nodiscard]] bool is_taken() const noexcept { return is_taken_; }

 private:
  Passwords& passwords_;
  bool is_taken_;
};

Passwords::Passwords(int at_once, std::chrono::milliseconds patience, crypto::PasswordCost cost, int most_waiting)
    : slots_(at_once),
      most_waiting_(most_waiting),
      patience_(patience),
      cost_(cost),
      decoy_(crypto::hash_password(make_password(), {}, cost)) {}

Result<std::string> Passwords::hash(std::string_view password, std::string_view pepper) {
  const Slot slot(*this);
  if (!slot.is_taken()) return busy();
  return crypto::hash_password(nfkc(password), pepper, cost_);
}

Result<bool> Passwords::is_match(std::string_view password, std::string_view hash, std::string_view pepper) {
  const Slot slot(*this);
  if (!slot.is_taken()) return busy();
  const bool matches = crypto::is_password(nfkc(password), hash.empty() ? std::string_view(decoy_) : hash, pepper);
  return matches && !hash.empty();
}

}  // namespace warder::manager
