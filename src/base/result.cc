#include "base/result.h"

#include <cerrno>
#include <system_error>

namespace warder {

std::string_view name(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::Invalid:
      return "invalid";
    case ErrorCode::Unauthenticated:
      return "unauthenticated";
    case ErrorCode::Forbidden:
      return "forbidden";
    case ErrorCode::NotFound:
      return "not-found";
    case ErrorCode::Conflict:
      return "conflict";
    case ErrorCode::Stale:
      return "stale";
    case ErrorCode::TooLarge:
      return "too-large";
    case ErrorCode::TooMany:
      return "too-many";
    case ErrorCode::Unavailable:
      return "unavailable";
    case ErrorCode::Timeout:
      return "timeout";
    case ErrorCode::Corrupt:
      return "corrupt";
    case ErrorCode::Internal:
      return "internal";
  }
  return "internal";
}

Error Error::in(std::string_view context) && {
  std::string longer;
  longer.reserve(context.size() + 2 + message.size());
  longer.append(context).append(": ").append(message);
  return Error{code, std::move(longer)};
}

tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

namespace {
ErrorCode code_of(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ESRCH:
      return ErrorCode::NotFound;
    case EACCES:
    case EPERM:
      return ErrorCode::Forbidden;
    case EEXIST:
    case EBUSY:
      return ErrorCode::Conflict;
    case EINVAL:
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
      return ErrorCode::Invalid;
    case EFBIG:
    case E2BIG:
      return ErrorCode::TooLarge;
    case ETIMEDOUT:
      return ErrorCode::Timeout;
    default:
      return ErrorCode::Unavailable;
  }
}
}  // namespace

tl::unexpected<Error> fail_errno(std::string_view what, int error_number) {
  return fail(code_of(error_number), std::string(what) + ": " + std::system_category().message(error_number));
}

}  // namespace warder
