// Owns the one copy of the non-template code of Asio's TLS. Nothing else belongs here.
#include <boost/asio/ssl/impl/src.hpp>
