#include "keys/provider_chain.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "keys/pkcs11_provider.h"
#include "keys/stand_in.h"

namespace warder::keys {
namespace {

TEST(ProviderChain, WhatAFormerProviderHasWrappedStillOpensAndThePresentOneWraps) {
  std::string pattern = ::testing::TempDir() + "chain-XXXXXX";
  const std::filesystem::path folder = ::mkdtemp(pattern.data());
  const auto open_file = [&] { return crypto::make_sealed_file_provider(folder / "root.key"); };
  const Bytes before = open_file().value()->wrap("p", Bytes(32, 3)).value();
  const testing::SoftHsmToken token;
  const auto chain = make_provider_chain(make_pkcs11_provider(token.options(), std::chrono::seconds(20)).value(),
                                         {{"root-", open_file}});
  EXPECT_EQ(chain->unwrap("p", before).value(), Bytes(32, 3));
  EXPECT_NE(chain->root_of(before).value(), chain->root().value()) << "so that it is wrapped anew";
  const Bytes after = chain->wrap("p", Bytes(32, 4)).value();
  EXPECT_EQ(chain->root_of(after).value(), chain->root().value());
  EXPECT_EQ(chain->unwrap("p", after).value(), Bytes(32, 4));
  EXPECT_EQ(chain->name(), "pkcs11");
  std::filesystem::remove_all(folder);
}

TEST(ProviderChain, AFormerProviderThatIsGoneIsNamed) {
  const testing::SoftHsmToken token;
  auto present = make_pkcs11_provider(token.options(), std::chrono::seconds(20)).value();
  const Bytes own = present->wrap("p", Bytes(32, 4)).value();
  const auto chain =
      make_provider_chain(std::move(present), {{"arn:", []() -> Result<std::unique_ptr<crypto::KeyProvider>> {
                                                  return fail(ErrorCode::Unavailable, "it is down");
                                                }}});
  EXPECT_TRUE(chain->unwrap("p", own)) << "who is not needed is not opened";
  Bytes foreign{1, 5};
  append(foreign, as_bytes("arn:x"));
  append(foreign, Bytes(60, 0));
  const auto refused = chain->unwrap("p", foreign);
  EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
  EXPECT_EQ(refused.error().message, "the provider of root key arn:x: it is down");
}

}  // namespace
}  // namespace warder::keys
