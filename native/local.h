/** Sockets between programs of one machine, and what is passed through them; local.c says more. */
#ifndef NOGIL_LOCAL_H
#define NOGIL_LOCAL_H

#include "thread.h"

/** localListen(path) -> descriptor of a socket that others can connect to by that path. Throws. */
napi_value localListen(napi_env env, napi_callback_info info);

/** localConnect(path) -> descriptor of a connection. Throws. */
napi_value localConnect(napi_env env, napi_callback_info info);

/** localPeer(fd, words): who has the other end of a connection; words: its user and process ids. Throws. */
napi_value localPeer(napi_env env, napi_callback_info info);

/** localSend(fd, bytes, passed): sends all bytes, and a descriptor along with the first. Throws. */
napi_value localSend(napi_env env, napi_callback_info info);

/**
 * localReceive(fd, bytes, words) -> how many bytes came; 0: the connection's end, -1: none yet. words[0] is the
 * descriptor that came along, or -1. Throws.
 */
napi_value localReceive(napi_env env, napi_callback_info info);

/** localHasEnded(fd) -> whether nobody has the other end of a connection any more. */
napi_value localHasEnded(napi_env env, napi_callback_info info);

/** localKeep(fd): a copy of the descriptor stays open until this process is no more. Throws. */
napi_value localKeep(napi_env env, napi_callback_info info);

/** localLock(fd): alone until the file that is open there is closed; others wait. Throws. */
napi_value localLock(napi_env env, napi_callback_info info);

#endif
