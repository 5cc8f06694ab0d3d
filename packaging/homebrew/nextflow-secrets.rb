class NextflowSecrets < Formula
  desc "Secrets for Nextflow pipelines, encrypted at rest and given to one run"
  homepage "@HOMEPAGE@"
  url "@ARCHIVE@"
  sha256 "@SHA256@"
  license "Apache-2.0"

  depends_on "node"

  def install
    system "npm", "install", *std_npm_args
    bin.install_symlink libexec.glob("bin/*")
    generate_completions_from_executable(bin/"nf-secrets", "completion")
  end

  test do
    ENV["NF_SECRETS_HOME"] = testpath/"home"
    pipe_output("#{bin}/nf-secrets set FAKE_TOKEN", "fake-value", 0)
    assert_equal "fake-value", shell_output("#{bin}/nf-secrets get FAKE_TOKEN")
  end
end
