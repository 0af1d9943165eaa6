#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "keys/bounded_calls.h"
#include "keys/pkcs11_provider.h"
#include "keys/stand_in.h"

namespace warder::keys {
namespace {

constexpr std::chrono::seconds kLimit{20};

Error refusal(const Pkcs11Options& options) {
  const auto provider = make_pkcs11_provider(options, kLimit);
  return provider ? Error{} : provider.error();
}

TEST(Pkcs11, WhatIsMissingIsNamedByItsSetting) {
  const testing::SoftHsmToken token;
  Pkcs11Options options = token.options();
  options.module = "/nowhere/module.so";
  EXPECT_TRUE(refusal(options).message.starts_with("pkcs11_module: ")) << refusal(options).message;
  options.module = "/lib/x86_64-linux-gnu/libm.so.6";
  EXPECT_TRUE(refusal(options).message.starts_with("pkcs11_module: ")) << refusal(options).message;
  options = token.options();
  options.token = "another";
  EXPECT_TRUE(refusal(options).message.starts_with("pkcs11_token: ")) << refusal(options).message;
  options = token.options();
  options.pin_file = "/nowhere/pin";
  EXPECT_TRUE(refusal(options).message.starts_with("pkcs11_pin_file: ")) << refusal(options).message;
  options = token.options();
  options.key_label = "";
  EXPECT_TRUE(refusal(options).message.starts_with("pkcs11_key_label: ")) << refusal(options).message;
}

TEST(Pkcs11, AWrongPinIsForbiddenAndInNoError) {
  const testing::SoftHsmToken token;
  token.set_pin("55512345");
  const Error error = refusal(token.options());
  EXPECT_EQ(error.code, ErrorCode::Forbidden) << error.message;
  EXPECT_EQ(error.message.find("55512345"), std::string::npos);
}

TEST(Pkcs11, ModulesThatComeBackInTimeAreAsked) {
  BoundedCalls calls("the module", kLimit);
  EXPECT_EQ(calls.call<int>([]() -> Result<int> { return 7; }).value(), 7);
  EXPECT_EQ(calls.call<int>([]() -> Result<int> { return fail(ErrorCode::NotFound, "x"); }).error().code,
            ErrorCode::NotFound);
}

TEST(Pkcs11, AModuleThatHangsIsNotWaitedForAndIsAskedAgainWhenItIsBack) {
  struct Gate {
    std::mutex mutex;
    std::condition_variable changed;
    bool is_open = false;
  };
  const auto gate = std::make_shared<Gate>();
  BoundedCalls calls("the module", std::chrono::milliseconds(20));
  const auto hangs = calls.call<void>([gate]() -> Result<void> {
    std::unique_lock lock(gate->mutex);
    gate->changed.wait(lock, [&] { return gate->is_open; });
    return {};
  });
  EXPECT_EQ(hangs.error().code, ErrorCode::Timeout);
  EXPECT_EQ(calls.call<void>([]() -> Result<void> { return {}; }).error().code, ErrorCode::Unavailable);
  {
    const std::lock_guard lock(gate->mutex);
    gate->is_open = true;
    gate->changed.notify_all();
  }
  ErrorCode last = ErrorCode::Unavailable;
  while (last == ErrorCode::Unavailable || last == ErrorCode::Timeout) {
    const auto answer = calls.call<void>([]() -> Result<void> { return {}; });
    last = answer ? ErrorCode::Internal : answer.error().code;
  }
  EXPECT_EQ(last, ErrorCode::Internal) << "it was called";
}

TEST(Pkcs11, OneThatHangsForeverHoldsUpNoEnd) {
  struct Never {
    std::mutex mutex;
    std::condition_variable changed;
  };
  const auto never = std::make_shared<Never>();
  BoundedCalls calls("the module", std::chrono::milliseconds(20));
  const auto hangs = calls.call<void>([never]() -> Result<void> {
    std::unique_lock lock(never->mutex);
    never->changed.wait(lock, [] { return false; });
    return {};
  });
  EXPECT_EQ(hangs.error().code, ErrorCode::Timeout);
}

}  // namespace
}  // namespace warder::keys
