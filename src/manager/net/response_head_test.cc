#include "manager/net/response_head.h"

#include <gtest/gtest.h>

namespace warder::manager {
namespace {

constexpr auto kTime = std::chrono::system_clock::time_point(std::chrono::seconds(784111777));  // RFC 9110 §5.6.7

std::string head_of(const HttpResponse& response, BodyLength length = BodyLength::Known, bool keep_alive = true) {
  return response_head(response, length, keep_alive, kTime);
}

TEST(ResponseHead, HasStatusDateAndLength) {
  HttpResponse response;
  response.body = "hello";
  response.headers["content-type"] = "text/plain";
  EXPECT_EQ(head_of(response),
            "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "content-length: 5\r\n\r\n");
}

TEST(ResponseHead, CannotBeSplitByAHeader) {
  HttpResponse response;
  response.headers["x-a"] = "one\r\nset-cookie: stolen";
  response.headers["x b"] = "space in the name";
  response.headers["x-c:"] = "colon in the name";
  const std::string head = head_of(response);
  EXPECT_EQ(head.find("stolen"), std::string::npos);
  EXPECT_EQ(head.find("in the name"), std::string::npos);
}

TEST(ResponseHead, HasNoLengthWhereThereIsNoBody) {
  HttpResponse response;
  response.status = 204;
  EXPECT_EQ(head_of(response).find("content-length"), std::string::npos);
}

TEST(ResponseHead, NamesChunksAndTheEnd) {
  EXPECT_NE(head_of({}, BodyLength::Chunked, false).find("connection: close\r\ntransfer-encoding: chunked\r\n"),
            std::string::npos);
  EXPECT_EQ(head_of({}, BodyLength::UntilClose).find("content-length"), std::string::npos);
}

}  // namespace
}  // namespace warder::manager
