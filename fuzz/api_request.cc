// A request as it comes from the network, as far as the handler: target, operation, parameters and body. The first line
// is method and target, header lines follow, an empty line, the body.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/text.h"
#include "manager/api/contract.h"
#include "manager/api/problem.h"
#include "manager/api/request_check.h"
#include "manager/api/server.h"
#include "manager/net/target.h"

using namespace warder;           // NOLINT(google-build-using-namespace)
using namespace warder::manager;  // NOLINT(google-build-using-namespace)

namespace {

const Contract& contract() {
  static const Contract kContract = Contract::load(openapi_yaml()).value();
  return kContract;
}

void add_header(HttpRequest& request, std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  request.headers.emplace(to_lower_ascii(line.substr(0, colon)), trim(line.substr(colon + 1)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t head_end = input.find("\n\n");
  const auto lines = split(input.substr(0, head_end), '\n');
  const std::size_t space = lines.front().find(' ');
  if (space == std::string_view::npos) return 0;
  HttpRequest request;
  request.method = lines.front().substr(0, space);
  auto target = parse_target(lines.front().substr(space + 1));
  if (!target) return 0;
  request.path = std::move(target->path);
  request.query = std::move(target->query);
  for (std::size_t i = 1; i < lines.size(); ++i) add_header(request, lines[i]);
  if (head_end != std::string_view::npos) request.body = input.substr(head_end + 2);

  const Match match = contract().match(request.method, request.path);
  if (match.operation == nullptr) return 0;
  const CheckedRequest checked = check_request(*match.operation, request, match.path);
  if (checked.problem) {  // whatever was wrong: the answer is a problem that the contract allows
    if (!check_answer(contract(), *match.operation, problem_response(*checked.problem))) std::abort();
  } else if (match.operation->body != nullptr && !request.body.empty()) {
    if (!check(*match.operation->body, checked.body).empty()) std::abort();
  }
  return 0;
}
