#include "base/result.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>

namespace warder {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return fail(ErrorCode::Invalid, std::to_string(number) + " is odd");
  return number / 2;
}

Result<int> quarter(int number) {
  const int first = WD_TRY(half(number).in("first"));
  return WD_TRY(half(first).in("second"));
}

Result<void> check(int number) {
  WD_TRY(quarter(number));
  return {};
}

TEST(Result, CarriesValueOrErrorUpwards) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(7).error().message, "first: 7 is odd");
  EXPECT_EQ(quarter(6).error(), (Error{ErrorCode::Invalid, "second: 3 is odd"}));
  EXPECT_TRUE(check(4));
  EXPECT_FALSE(check(5));
}

TEST(Result, MovesWhatCannotBeCopied) {
  const auto make = []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(7); };
  const auto use = [&]() -> Result<int> {
    const auto pointer = WD_TRY(make());
    return *pointer;
  };
  EXPECT_EQ(use().value(), 7);
}

TEST(FailErrno, TellsTheMeaning) {
  const auto error_of = [](int number) { return Result<void>(fail_errno("open /x", number)).error(); };
  EXPECT_EQ(error_of(ENOENT), (Error{ErrorCode::NotFound, "open /x: No such file or directory"}));
  EXPECT_EQ(error_of(EACCES).code, ErrorCode::Forbidden);
  EXPECT_EQ(error_of(EEXIST).code, ErrorCode::Conflict);
  EXPECT_EQ(error_of(ENOSPC).code, ErrorCode::Unavailable);
}

}  // namespace
}  // namespace warder
