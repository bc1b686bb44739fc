/* SPDX-License-Identifier: LGPL-2.1-or-later */
provider libvirt {
        # file: src/rpc/client.c
        # prefix: rpc
        probe rpc_client_new(void *client, const void *const sock, const char *kind);

        # file: src/util/event.c
        probe event_poll_add_handle(int watch, int fd, int events, void *cb, void *opaque, void *ff);
};
