"""A pytest plugin for the notebook runs: kernels talk over sockets in a folder of their own, so that no port is raced for."""

import tempfile

import nbval.kernel
from jupyter_client.manager import KernelManager
from traitlets import default


class SocketFolder(KernelManager):
    """`KernelManager` over IPC."""

    transport = "ipc"

    @default("ip")
    def _short_path(self) -> str:
        return tempfile.mkdtemp(prefix="nb-", dir="/tmp") + "/k"


nbval.kernel.KernelManager = SocketFolder
