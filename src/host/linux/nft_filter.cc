#include "host/linux/nft_filter.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/bytes.h"
#include "base/json.h"
#include "base/process.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "model/kernel_names.h"

namespace warder::host {
namespace {

constexpr std::array kPrograms{"/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft"};
constexpr std::size_t kMaxOutput = 512 << 20;
constexpr std::size_t kMaxErrorText = 1000;

class NftFilter final : public PacketFilter {
 public:
  explicit NftFilter(NftFilterOptions options) : options_(options) {}

  Result<void> apply(std::string_view ruleset) override {
    const ProcessOutput outcome = WD_TRY(run({"-j", "-f", "-"}, ruleset));
    if (outcome.exit_code != 0) return fail(ErrorCode::Invalid, "nft: " + short_text(outcome.err));
    return {};
  }

  Result<void> apply_text(std::string_view ruleset) override {
    const ProcessOutput outcome = WD_TRY(run({"-f", "-"}, ruleset));
    if (outcome.exit_code != 0) return fail(ErrorCode::Invalid, "nft: " + short_text(outcome.err));
    return {};
  }

  Result<std::string> fingerprint() override {
    const ProcessOutput tables = WD_TRY(run({"-j", "list", "tables"}, ""));
    if (tables.exit_code != 0) return fail(ErrorCode::Unavailable, "nft: " + short_text(tables.err));
    const auto list = WD_TRY(parse_json(tables.out, kMaxOutput));
    std::string content;
    for (const json::value& each : objects_of(list)) {
      const auto* table = each.is_object() ? find(each.get_object(), "table") : nullptr;
      if (table == nullptr || !table->is_object()) continue;
      if (get_string(table->get_object(), "name").value_or("") != kernel::kNftTable) continue;
      content += WD_TRY(list_table(get_string(table->get_object(), "family").value_or("")));
    }
    return content.empty() ? content : to_hex(crypto::sha256(as_bytes(content)));
  }

 private:
  static std::string short_text(std::string_view errors) {
    return escape_non_utf8(trim(errors.substr(0, kMaxErrorText)));
  }

  static json::array objects_of(const json::value& listing) {
    const auto* objects = listing.is_object() ? find(listing.get_object(), "nftables") : nullptr;
    return objects != nullptr && objects->is_array() ? objects->get_array() : json::array();
  }

  Result<std::string> list_table(std::string_view family) const {
    const ProcessOutput listed =
        WD_TRY(run({"-j", "list", "table", std::string(family), std::string(kernel::kNftTable)}, ""));
    if (listed.exit_code != 0) return std::string();  // gone meanwhile
    const auto listing = WD_TRY(parse_json(listed.out, kMaxOutput));
    std::string content;
    for (json::value each : objects_of(listing)) {
      if (!each.is_object() || each.get_object().size() != 1) continue;
      json::value& body = each.get_object().begin()->value();
      if (!body.is_object() || each.get_object().contains("metainfo")) continue;
      json::object& object = body.get_object();
      object.erase("handle");
      if (object.contains("timeout") || object.contains("size")) object.erase("elem");  // filled by traffic
      content += json::serialize(each);
    }
    return content;
  }

  Result<ProcessOutput> run(std::vector<std::string> arguments, std::string_view input) const {
    const auto program = std::ranges::find_if(kPrograms, [](const char* each) { return ::access(each, X_OK) == 0; });
    if (program == kPrograms.end())
      return fail(ErrorCode::Unavailable, "nft cannot be run: install the package nftables");
    arguments.insert(arguments.begin(), *program);
    ProcessOptions options;
    options.input = input;
    options.timeout = options_.patience;
    options.max_output_bytes = kMaxOutput;
    options.environment = {"LC_ALL=C"};
    return run_process(arguments, options);
  }

  NftFilterOptions options_;
};

}  // namespace

std::unique_ptr<PacketFilter> make_nft_filter(NftFilterOptions options) {
  return std::make_unique<NftFilter>(options);
}

}  // namespace warder::host
