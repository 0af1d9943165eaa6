// The one way to report what the world may do to us: a value, or an Error that says what, where and what to do.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <type_traits>
#include <utility>

namespace warder {

enum class ErrorCode : std::uint8_t {
  Invalid,          // the input breaks a rule; the message names the place
  Unauthenticated,  // who asks is not known
  Forbidden,        // who asks is known and may not
  NotFound,
  Conflict,     // it exists already, or its state does not allow this now
  Stale,        // it changed since it was read: the caller's etag is an old one
  TooLarge,     // a limit on size, depth or count
  TooMany,      // a limit on rate
  Unavailable,  // try again later: the peer, the disk or the service
  Timeout,
  Corrupt,   // stored or received bytes that cannot be what was written
  Internal,  // our own fault
};

/// "invalid", "not-found" …: stable, used in problem details, logs and exit texts.
std::string_view name(ErrorCode code) noexcept;

struct Error {
  ErrorCode code = ErrorCode::Internal;
  std::string message;

  /// Puts "context: " before the message; used on the way up to name the place.
  Error in(std::string_view context) &&;
  friend bool operator==(const Error&, const Error&) = default;
};

/// A T or an Error. Dropping one unread does not compile.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;

  /// Adds context to the error, if there is one: `parse(text).in(path)`.
  Result in(std::string_view context) && {
    if (!this->has_value()) this->error() = std::move(this->error()).in(context);
    return std::move(*this);
  }
};

/// Makes the failure to return: `return fail(ErrorCode::Invalid, "port: 0 is not in 1..65535");`
tl::unexpected<Error> fail(ErrorCode code, std::string message);
tl::unexpected<Error> fail(Error error);

/// Fails with the meaning of errno: ENOENT is NotFound, EACCES and EPERM are Forbidden, ENOSPC is Unavailable …
tl::unexpected<Error> fail_errno(std::string_view what, int error_number);

namespace detail {
template <class T>
T take(Result<T>& result) {
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}
}  // namespace detail

}  // namespace warder

#define WD_TRY_AS(name, ...)                                               \
  (__extension__({                                                         \
    auto name = (__VA_ARGS__);                                             \
    if (!name.has_value()) return ::warder::fail(std::move(name).error()); \
    ::warder::detail::take(name);                                          \
  }))
#define WD_CONCAT_(a, b) a##b
#define WD_CONCAT(a, b) WD_CONCAT_(a, b)
/// The value of a Result, or return its error from this function: `const auto file = WD_TRY(open(path));`
#define WD_TRY(...) WD_TRY_AS(WD_CONCAT(wd_result_, __COUNTER__), __VA_ARGS__)
